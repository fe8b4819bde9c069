#!/usr/bin/env node
import { CommandLine } from './command-line.js';

process.exitCode = await new CommandLine(process.env).run(process.argv.slice(2));
// What the service holds open is closed by now; a handle that somebody forgot must not keep an operator waiting.
setTimeout(() => process.exit(), 2_000).unref();
