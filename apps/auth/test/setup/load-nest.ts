import '@nestjs/common';
import '@nestjs/core';
// light-my-request, a CommonJS module, requires it
import 'cookie';
