import type { DatasetSummary } from '../../../src-main/contract/index.ts';

/** Names and what stands under them. */
export function Values({ of }: { readonly of: DatasetSummary['infos'] }) {
  return (
    <dl className="values">
      {of.map(({ name, value }) => (
        <div key={name}>
          <dt className="quiet">{name}</dt>
          <dd dir="auto">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
