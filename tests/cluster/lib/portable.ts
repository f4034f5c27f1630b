/** Strips what ties the output of `kubectl get -o yaml` to its namespace, so that `kubectl create` accepts it elsewhere. */
export const portable = (yaml: string): string =>
  yaml.replaceAll(/^ +(namespace|resourceVersion|uid|creationTimestamp): .*\n/gm, '');
