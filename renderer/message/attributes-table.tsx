import type { MessageAttribute } from '../../preload/contract/message.ts';

/** The message attributes with name, type and value. */
export function AttributesTable({ attributes }: { attributes: readonly MessageAttribute[] }) {
  if (attributes.length === 0) return <p className="hint">No message attributes.</p>;
  return (
    <table className="plain" aria-label="Message attributes">
      <thead>
        <tr>
          <th scope="col">Attribute</th>
          <th scope="col">Type</th>
          <th scope="col">Value</th>
        </tr>
      </thead>
      <tbody>
        {attributes.map((attribute) => (
          <tr key={attribute.name}>
            <th scope="row">{attribute.name}</th>
            <td>{attribute.type}</td>
            <td className="mono break">{attribute.value}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
