/** The pickled names of the volumes, of `brats_numpy`. */
export const idsFile = 'val_ids.p';
