/** A change of a product file's text as the loader reads it. `from` stands in the file exactly once. */
export interface Patch {
  /** Under `node-core/`. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** A mistake that somebody could make. The simulator is measured by how many it finds. */
export interface PlantedBug {
  readonly id: string;
  readonly title: string;
  readonly patches: readonly Patch[];
}

export const bug = (id: string, title: string, ...patches: readonly Patch[]): PlantedBug => ({ id, title, patches });
export const patch = (file: string, from: string, to: string): Patch => ({ file, from, to });
