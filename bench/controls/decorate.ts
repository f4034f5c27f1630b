/** Applies method decorators. Node.js strips types, but does not support decorator syntax. */
export function decorate(target: object, method: string, ...decorators: MethodDecorator[]): void {
  const descriptor = Object.getOwnPropertyDescriptor(target, method);
  for (const decorator of decorators) {
    decorator(target, method, descriptor as PropertyDescriptor);
  }
}
