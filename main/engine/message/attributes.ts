import type { Problem } from '../../../preload/contract/message.ts';
import type { AttributeChoice } from '../../../preload/contract/workflow.ts';
import { type ObjectText, unquote, valueKind, valueText } from './json-text.ts';
import type { SourcedAttribute } from './limits.ts';
import { type ProblemPlace, pointerStep, warningProblem } from './problem.ts';

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
    const place: ProblemPlace = { field: `attributes.${n}`, path: `/data${pointerStep(choice.field)}` };
    const attribute = attributeOf(choice, value);
    if (attribute.value !== '') {
      attributes.push({ ...attribute, ...place });
      continue;
    }
    problems.push(
      warningProblem(
        'ATTRIBUTE_LEFT_OUT',
        `The field "${choice.field}" is empty, so its attribute is left out: SQS takes no empty value.`,
        place,
      ),
    );
  }
  return { attributes, problems };
}

function attributeOf({ field, name = field, type }: AttributeChoice, value: string) {
  switch (valueKind(value)) {
    case 'string':
      return { name, type: type ?? 'String', value: unquote(value) };
    case 'number':
      return { name, type: type ?? 'Number', value };
    case 'array':
    case 'object':
      return { name, type: type ?? JSON_TYPE, value };
    default:
      return { name, type: type ?? 'String', value };
  }
}
