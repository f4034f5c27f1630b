export { DeviceCookieModule } from './device-cookie.module.ts';
export { DeviceCookie } from './device-cookie.ts';
