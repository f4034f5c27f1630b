import { Module } from '@nestjs/common';
import { DeviceCookie } from './device-cookie.ts';

/** The cookie that identifies devices on which an account has logged in before. */
@Module({ providers: [DeviceCookie], exports: [DeviceCookie] })
export class DeviceCookieModule {}
