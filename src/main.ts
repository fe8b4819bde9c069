import { Service } from './service.js';

await new Service(process.env).run();
