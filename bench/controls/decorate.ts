/** Decorators of methods and their parameters, which Node.js can't read: it strips types and nothing else. */
export function decorate(target: object, method: string, ...decorators: MethodDecorator[]): void {
  const descriptor = Object.getOwnPropertyDescriptor(target, method);
  for (const decorator of decorators) {
    decorator(target, method, descriptor as PropertyDescriptor);
  }
}
