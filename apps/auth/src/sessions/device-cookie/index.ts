export { DeviceCookieModule } from './device-cookie.module.ts';
export { DeviceCookie, type PresentedDevice } from './device-cookie.ts';
export { ApiDeviceCookie, replyWithDevice } from './device-reply.ts';
