# The programs of k8s/observability, in the same versions, built from Go modules. The build context is bin/.
FROM scratch AS prometheus
COPY prometheus promtool /bin/
ENTRYPOINT ["/bin/prometheus"]

FROM scratch AS alertmanager
COPY alertmanager amtool /bin/
ENTRYPOINT ["/bin/alertmanager"]

FROM scratch AS oauth2-proxy
COPY oauth2-proxy /bin/
ENTRYPOINT ["/bin/oauth2-proxy"]

FROM scratch AS kube-state-metrics
COPY kube-state-metrics /
ENTRYPOINT ["/kube-state-metrics"]

FROM scratch AS opentelemetry-collector
COPY opentelemetry-collector /bin/
ENTRYPOINT ["/bin/opentelemetry-collector"]

FROM scratch AS jaeger
COPY jaeger /bin/
ENTRYPOINT ["/bin/jaeger"]

FROM scratch AS traefik
COPY traefik /bin/
ENTRYPOINT ["/bin/traefik"]

FROM scratch AS kyverno
COPY kyverno /
ENTRYPOINT ["/kyverno"]

FROM scratch AS kyverno-init
COPY kyverno-init /
ENTRYPOINT ["/kyverno-init"]
