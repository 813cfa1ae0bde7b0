/** Whether a file is named as TensorFlow's records are, one of several parts or not. */
export const isRecordFile = (path: string): boolean => /\.(tfrecords?|record)(-\d+-of-\d+)?$/i.test(path);
