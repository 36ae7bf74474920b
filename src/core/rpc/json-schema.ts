import { plainToInstance } from 'class-transformer';
import { getMetadataStorage } from 'class-validator';
import type { ValidationMetadata } from 'class-validator/types/metadata/ValidationMetadata.js';
import type { Class, Shape } from '../../contract/index.js';

export interface JsonSchema {
  [keyword: string]: unknown;
  type?: string;
  items?: JsonSchema;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  $ref?: string;
}

type Refine = (schema: JsonSchema, constraints: readonly unknown[]) => void;

/** What each validator says in JSON Schema. By hand: the library for it is behind class-validator's releases. */
const REFINEMENTS: Readonly<Record<string, Refine>> = {
  isString: (schema) => (schema.type = 'string'),
  isInt: (schema) => (schema.type = 'integer'),
  isNumber: (schema) => (schema.type = 'number'),
  isBoolean: (schema) => (schema.type = 'boolean'),
  isObject: (schema) => (schema.type = 'object'),
  isIn: (schema, [values]) => (schema['enum'] = values),
  isLength: (schema, [min, max]) => Object.assign(schema, { type: 'string', minLength: min, maxLength: max }),
  matches: (schema, [pattern]) =>
    Object.assign(schema, { type: 'string', pattern: (pattern as RegExp).source }),
  min: (schema, [limit]) => (schema['minimum'] = limit),
  max: (schema, [limit]) => (schema['maximum'] = limit),
  arrayMinSize: (schema, [count]) => (schema['minItems'] = count),
  arrayMaxSize: (schema, [count]) => (schema['maxItems'] = count),
  isEnvironment: (schema) =>
    Object.assign(schema, { type: 'object', additionalProperties: { type: 'string' } }),
};

/** JSON Schemas of DTO classes, read from the metadata of class-validator and class-transformer. */
export class SchemaCollector {
  /** every class met so far, by name; ready to be `components.schemas` */
  readonly schemas: Record<string, JsonSchema> = {};

  ofShape(shape: Shape<unknown>): JsonSchema {
    const item = this.ofClass(shape.class);
    return shape.list ? { type: 'array', items: item } : item;
  }

  /** A reference to the class's schema, which is collected on the way. */
  ofClass(type: Class<unknown>): JsonSchema {
    if (!Object.hasOwn(this.schemas, type.name)) {
      this.schemas[type.name] = {};
      this.schemas[type.name] = this.#describe(type);
    }
    return { $ref: `#/components/schemas/${type.name}` };
  }

  #describe(type: Class<unknown>): JsonSchema {
    const validations = getMetadataStorage().getTargetValidationMetadatas(type, '', false, false);
    const properties: Record<string, JsonSchema> = {};
    const required: string[] = [];
    for (const [name, rules] of Map.groupBy(validations, (rule) => rule.propertyName)) {
      properties[name] = this.#describeProperty(type, name, rules);
      if (!rules.some((rule) => rule.type === 'conditionalValidation')) required.push(name);
    }
    const schema: JsonSchema = { type: 'object', properties, additionalProperties: false };
    return required.length === 0 ? schema : { ...schema, required };
  }

  #describeProperty(owner: Class<unknown>, name: string, rules: readonly ValidationMetadata[]): JsonSchema {
    const nested = rules.find((rule) => rule.type === 'nestedValidation');
    const isList = rules.some((rule) => rule.each || rule.name === 'isArray');
    const item: JsonSchema = nested === undefined ? {} : this.ofClass(nestedClass(owner, name, isList));
    const whole: JsonSchema = isList ? { type: 'array', items: item } : item;
    for (const rule of rules) {
      const target = isList && rule.each ? item : whole;
      REFINEMENTS[rule.name ?? '']?.(target, rule.constraints ?? []);
    }
    return whole;
  }
}

/** Asks class-transformer by letting it transform an empty object: its own register of classes is not public. */
function nestedClass(owner: Class<unknown>, name: string, isList: boolean): Class<unknown> {
  const probe = plainToInstance(owner, { [name]: isList ? [{}] : {} }) as Readonly<Record<string, unknown>>;
  const member = isList ? (probe[name] as unknown[])[0] : probe[name];
  return (member as object).constructor as Class<unknown>;
}
