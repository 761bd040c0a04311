/** What is wrong with one field. Never a key's secret. */
export interface Flaw {
  readonly path: readonly (string | number)[];
  /** Continues the field's name: `is not base64`. */
  readonly message: string;
}

/** Reads decoded YAML as Go decodes JSON strictly, and collects what is wrong while reading on, so that one run names everything. */
export class FieldReader {
  readonly flaws: Flaw[] = [];

  /** A field is reported once, and not for what follows from something wrong within it. */
  report(path: Flaw['path'], message: string): undefined {
    const known = this.flaws.some((flaw) => path.every((step, index) => flaw.path[index] === step));
    if (!known) this.flaws.push({path, message});
    return undefined;
  }

  /** A mapping with no other fields than these. A missing or null one is empty. */
  object(value: unknown, path: Flaw['path'], fields: readonly string[]): Readonly<Record<string, unknown>> {
    if (value === undefined || value === null) return {};
    if (typeof value !== 'object' || Array.isArray(value)) {
      this.report(path, 'must be a mapping');
      return {};
    }
    for (const field of Object.keys(value)) {
      if (fields.includes(field)) continue;
      const known = fields.find((candidate) => candidate.toLowerCase() === field.toLowerCase());
      const hint = known
        ? `it is written ${known}`
        : fields.length > 0
          ? `there can be ${fields.join(', ')}`
          : 'nothing goes in there';
      this.report([...path, field], `is no field that the API server knows: ${hint}`);
    }
    return value as Record<string, unknown>;
  }

  /** A missing or null one is empty. */
  list(value: unknown, path: Flaw['path']): readonly unknown[] {
    if (value === undefined || value === null) return [];
    if (Array.isArray(value)) return value;
    this.report(path, 'must be a list');
    return [];
  }

  /** A missing or null one is empty. */
  string(value: unknown, path: Flaw['path']): string {
    if (value === undefined || value === null) return '';
    if (typeof value === 'string') return value;
    const simple = typeof value !== 'object';
    this.report(
      path,
      simple ? `must be a string, and YAML takes it for a ${typeof value}: put it in quotes` : 'must be a string',
    );
    return '';
  }
}
