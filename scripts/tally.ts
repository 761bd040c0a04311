import type {Reporter, TestModule} from 'vitest/node';

/** Counts tests over all projects. What could not even be read or prepared counts as one failure each. */
export class Tally implements Reporter {
  passed = 0;
  failed = 0;
  skipped = 0;

  onTestRunEnd(modules: readonly Pick<TestModule, 'children' | 'errors'>[], unhandledErrors: readonly unknown[]): void {
    this.failed += unhandledErrors.length;
    for (const module of modules) {
      this.failed += module.errors().length;
      for (const suite of module.children.allSuites()) this.failed += suite.errors().length;
      for (const test of module.children.allTests()) {
        const {state} = test.result();
        if (state === 'passed') this.passed += 1;
        else if (state === 'failed') this.failed += 1;
        else this.skipped += 1;
      }
    }
  }

  /** `somethingFailed`: the run as a whole did, so that it never reads as if all had passed. */
  line(somethingFailed: boolean): string {
    if (somethingFailed && this.failed === 0) this.failed = 1;
    return `${this.passed} passed, ${this.failed} failed, ${this.skipped} skipped`;
  }
}
