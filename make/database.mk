# The database's drills; SIZE: megabytes of data, REPOSITORY: local or s3.
bin/versitygw: VERSION = github.com/versity/versitygw/cmd/versitygw@v1.8.0

.PHONY: rotate
rotate: ## Replace a secret in use: NAMESPACE=… WHAT=password|tls|signing-keys|key-encryption-keys|old-key-encryption-keys|passphrase
	@k8s/rotate.sh $(NAMESPACE) $(WHAT)

drill-restore: ## Destroy the database's volume under write traffic; prints RTO, RPO and rows lost
drill-cluster-lost: ## Lose a whole environment; another comes back from the kept secrets and the bucket; prints RTO, RPO and rows lost
drill-region-lost: ## Lose the active of two regions; the passive one is promoted and woken; prints RTO, RPO and rows lost
drill-pitr: ## Go back to the second before a mistake
drill-rotate: ## Replace each secret under traffic with 0 failed requests
drill-sealed-secrets: ## Sealed in, Secret out; tampered refused; keys lost and restored; sealed anew
drill-encryption-at-rest: ## Read a Secret's raw value from etcd, where ETCD_URL says how

.PHONY: reseal
reseal: bin/kubeseal ## Seal what is committed anew, for the current context's newest key: ENVIRONMENT=staging
	@k8s/reseal.sh k8s/overlays/$(ENVIRONMENT)/sealed-secrets
