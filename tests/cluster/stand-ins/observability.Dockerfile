# The programs of k8s/observability, in the same versions, built from Go modules. The build context is bin/.
FROM scratch AS prometheus
COPY prometheus promtool /bin/
ENTRYPOINT ["/bin/prometheus"]

FROM scratch AS alertmanager
COPY alertmanager amtool /bin/
ENTRYPOINT ["/bin/alertmanager"]

FROM scratch AS loki
COPY loki /usr/bin/
ENTRYPOINT ["/usr/bin/loki"]

FROM scratch AS kube-state-metrics
COPY kube-state-metrics /
ENTRYPOINT ["/kube-state-metrics"]

FROM scratch AS alloy
COPY alloy /bin/
# two of its libraries register the same path, which Go's standard library rejects since 1.22
ENV GODEBUG=httpmuxgo121=1
ENTRYPOINT ["/bin/alloy"]
