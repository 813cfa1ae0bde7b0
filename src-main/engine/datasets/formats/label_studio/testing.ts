const side = { original_width: 200, original_height: 100, image_rotation: 0, to_name: 'image' };

/** Tasks as Label Studio 1.x exports them, one of each kind of region. */
export const tasks = [
  {
    id: 1,
    data: { image: '/data/upload/1/0a1b2c3d-street.jpg', weather: 'rain', shots: 3 },
    annotations: [
      { id: 7, was_cancelled: true, result: [{ ...side, type: 'choices', value: { choices: ['never'] } }] },
      {
        id: 8,
        was_cancelled: false,
        result: [
          {
            ...side,
            id: 'a',
            from_name: 'box',
            type: 'rectanglelabels',
            value: { x: 10, y: 20, width: 30, height: 40, rotation: 0, rectanglelabels: ['car'] },
          },
          {
            ...side,
            id: 'a',
            from_name: 'colour',
            type: 'choices',
            value: { choices: ['red'], x: 10, y: 20, width: 30, height: 40 },
          },
          { ...side, id: 'a', from_name: 'sure', type: 'number', value: { number: 0.5 } },
          {
            ...side,
            id: 'b',
            from_name: 'box',
            type: 'rectanglelabels',
            value: { x: 50, y: 50, width: 10, height: 20, rotation: 90, rectanglelabels: ['van'] },
            parentID: 'a',
          },
          {
            ...side,
            id: 'c',
            from_name: 'p',
            type: 'polygonlabels',
            value: {
              points: [
                [0, 0],
                [50, 0],
                [50, 100],
              ],
              polygonlabels: ['car'],
            },
          },
          {
            ...side,
            id: 'd',
            from_name: 'k',
            type: 'keypointlabels',
            value: { x: 25, y: 50, width: 0.3, keypointlabels: ['nose'] },
          },
          {
            ...side,
            id: 'e',
            from_name: 'e',
            type: 'ellipselabels',
            value: { x: 50, y: 50, radiusX: 5, radiusY: 20, rotation: 0, ellipselabels: ['car'] },
          },
          {
            ...side,
            id: 'f',
            from_name: 'e',
            type: 'ellipselabels',
            value: { x: 50, y: 50, radiusX: 5, radiusY: 20, rotation: 30, ellipselabels: ['car'] },
          },
          {
            ...side,
            id: 'g',
            from_name: 'shape',
            type: 'rectangle',
            value: { x: 0, y: 0, width: 5, height: 10 },
          },
          {
            ...side,
            id: 'g',
            from_name: 'class',
            type: 'labels',
            value: { x: 0, y: 0, width: 5, height: 10, labels: ['bus'] },
          },
          { ...side, id: 'h', from_name: 'kind', type: 'choices', value: { choices: ['street', 'wet'] } },
          { ...side, id: 'i', from_name: 'words', type: 'textarea', value: { text: ['a street'] } },
          {
            ...side,
            id: 'j',
            from_name: 'b',
            type: 'brushlabels',
            value: { format: 'rle', rle: [1, 2, 3], brushlabels: ['car'] },
          },
          { ...side, id: 'k', from_name: 't', type: 'taxonomy', value: { taxonomy: [['x']] } },
          {
            type: 'rectanglelabels',
            value: { x: 'NaN', y: 0, width: 1, height: 1, rectanglelabels: ['car'] },
            original_width: 200,
            original_height: 100,
          },
          7,
        ],
      },
      { id: 9, was_cancelled: false, result: [] },
    ],
    predictions: [],
  },
  { id: 2, data: { image: '/data/local-files/?d=images%2Fval%2Fb%20c.png', subset: 'val' }, annotations: [] },
  { id: 3, data: { image: '/data/local-files/?d=../../etc/passwd' }, annotations: [] },
  null,
];
