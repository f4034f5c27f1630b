FROM scratch
COPY controller /controller
USER 10001:10001
ENTRYPOINT ["/controller"]
