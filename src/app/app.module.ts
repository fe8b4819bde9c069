import { Controller, Get, Module } from '@nestjs/common';
@Controller()
class HelloController { @Get('hello') hello(): string { return 'hi'; } }
@Module({ controllers: [HelloController] })
export class AppModule {}
