export declare const workerCount: (machine?: { readonly cores?: number; readonly memoryBytes?: number }) => number;
