/** What is used of jsfive, which comes without types. */
declare module 'jsfive' {
  export interface Dataset {
    readonly shape: readonly number[];
    /** As NumPy writes it, such as `|u1`. */
    readonly dtype: unknown;
    /** Unpacks the numbers, row by row. */
    readonly value: ArrayLike<number>;
  }

  export class File {
    /** @throws where the bytes are no HDF5. */
    constructor(bytes: ArrayBuffer, name: string);
    readonly keys: readonly string[];
    get(name: string): Dataset;
  }
}
