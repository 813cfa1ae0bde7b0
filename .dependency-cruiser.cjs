/** The one-way doors between the parts; docs/architecture.md says why. */
const doors = [
  ['contract-stands-alone', '^src-main/contract', '^src-(main/(?!contract)|renderer)'],
  [
    'engine-knows-no-window',
    '^src-main/engine',
    '^(src-main/(desktop|preload|cli|web)|src-renderer|node_modules/electron)',
  ],
  [
    'desktop-takes-the-host-only',
    '^src-main/desktop',
    '^src-main/(cli|web|engine/(?!host/(supervisor|gateway|page-policy|carriers)))',
  ],
  ['preload-is-only-types', '^src-main/preload', '^src-main/(engine|desktop|cli|web)'],
  ['web-takes-the-host-only', '^src-main/web', '^src-main/(desktop|cli|engine/(?!host/))'],
  ['page-takes-the-contract-only', '^src-renderer', '^src-main/(?!contract)'],
];

module.exports = {
  forbidden: [
    ...doors.map(([name, from, to]) => ({ name, severity: 'error', from: { path: from }, to: { path: to } })),
    {
      name: 'features-stand-apart',
      severity: 'error',
      from: { path: '^src-renderer/features/([^/]+)/' },
      to: { path: '^src-renderer/features/', pathNot: '^src-renderer/features/$1/' },
    },
    {
      name: 'datasets-load-sharp-late',
      severity: 'error',
      from: {
        path: '^src-main/engine/datasets/',
        pathNot: 'files/sharp\\.ts$|test\\.ts$|/testing/|/fixtures/',
      },
      to: { path: '^node_modules/sharp', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-circles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.node.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default'],
    },
  },
};
