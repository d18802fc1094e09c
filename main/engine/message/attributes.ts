import type { Problem } from '../../../preload/contract/message.ts';
import type { AttributeChoice } from '../../../preload/contract/workflow.ts';
import { type ObjectText, unquote, valueKind, valueText } from './json-text.ts';
import type { SourcedAttribute } from './limits.ts';
import { pointerStep, warningProblem } from './problem.ts';

/** The data type of a list or a map: its JSON text is the value. */
export const JSON_TYPE = 'String.json';

/**
 * A profile's chosen fields as SQS message attributes (DESIGN §7): text and boolean as String, number as Number with the
 * number's own digits, list or map as its JSON text in `String.json`; a field that is missing or null is left out, and an
 * empty text too, with a warning, since SQS takes no empty value. A chosen type wins over the field's own.
 */
export function profileAttributes(
  profile: ObjectText,
  choices: readonly AttributeChoice[],
): { attributes: SourcedAttribute[]; problems: Problem[] } {
  const attributes: SourcedAttribute[] = [];
  const problems: Problem[] = [];
  for (const [n, choice] of choices.entries()) {
    const value = valueText(profile, choice.field);
    if (value === undefined || value === 'null') continue;
    const attribute = attributeOf(choice, value, n);
    if (attribute.value !== '') {
      attributes.push(attribute);
      continue;
    }
    problems.push(
      warningProblem(
        'ATTRIBUTE_LEFT_OUT',
        `The field "${choice.field}" is empty, so its attribute is left out: SQS takes no empty value.`,
        attribute,
      ),
    );
  }
  return { attributes, problems };
}

function attributeOf(choice: AttributeChoice, value: string, n: number): SourcedAttribute {
  const kind = valueKind(value);
  const own = kind === 'number' ? 'Number' : kind === 'array' || kind === 'object' ? JSON_TYPE : 'String';
  return {
    name: choice.name ?? choice.field,
    type: choice.type ?? own,
    value: kind === 'string' ? unquote(value) : value,
    field: `attributes.${n}`,
    path: `/data${pointerStep(choice.field)}`,
  };
}
