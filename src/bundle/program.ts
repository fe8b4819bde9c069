/**
 * All of the program behind two doors, for who bundles it (scripts/build-bundle.mjs). Each half is evaluated when its door is
 * opened, so that the command line does not wait for what only the service needs.
 */
export interface Program {
  runService(): Promise<void>;
  runCommandLine(): Promise<void>;
  /** Evaluates both halves and has Nest look at every module, so that what a start calls has been compiled. Nothing is opened. */
  warmUp(): Promise<void>;
}

export const program: Program = {
  async runService() {
    const { Service } = await import('../service.js');
    await new Service(process.env).run();
  },
  async runCommandLine() {
    const { runCommandLine } = await import('../cli/run-command-line.js');
    await runCommandLine();
  },
  async warmUp() {
    const [{ previewDocument }] = await Promise.all([import('../app/index.js'), import('../service.js'), import('../cli/run-command-line.js')]);
    await previewDocument();
  },
};
