export { DeviceCookie } from './device-cookie.ts';
