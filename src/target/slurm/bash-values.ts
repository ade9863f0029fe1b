/** The variables of a rule's command as bash that sets them, the same for all tasks; see `wfc_bind_RULE` in rule-functions.ts. */
import type { PlannedRule } from '../../model/plan.ts';
import type { Binding, Column, Slot } from '../../model/workflow.ts';
import { type ResourceField, renderBinding, type TaskText, type ValueRenderer } from '../../plan/sources.ts';
import { bashLiteral } from '../functions.ts';
import { insideQuotes, type RowTexts } from './bash-text.ts';

/** The lines that set a variable. */
type Assignment = (variable: string) => readonly string[];

function word(text: string): Assignment {
  return (variable) => [`${variable}=${text}`];
}

export interface RowsOfRule {
  readonly rule: PlannedRule;
  /** The tasks of the rule that the table has. */
  readonly tasks: readonly number[];
  readonly rows: RowTexts;
  /** The positional parameter that holds a param's padded text. */
  readonly fieldOf: (column: Column, pad: number) => number;
}

export class BashValues implements ValueRenderer<Assignment> {
  private readonly of: RowsOfRule;

  constructor(of: RowsOfRule) {
    this.of = of;
  }

  lines(binding: Binding): readonly string[] {
    return renderBinding(binding, this.of.rule, this)(binding.variable);
  }

  text(text: string): Assignment {
    return word(bashLiteral(text));
  }

  /** In a column that holds an empty text, all have a mark in the table, where no field may be empty. */
  param(column: Column, pad: number, form: 'padded' | 'integer', textOf: TaskText): Assignment {
    const { rows, fieldOf } = this.of;
    if (form === 'integer') return word(`"\${${rows.field(`${column.name}__${pad}__integer`, textOf)}}"`);
    if (!column.values.includes('')) return word(`"\${${fieldOf(column, pad)}}"`);
    return word(`"\${${rows.field(`${column.name}__marked`, (i) => `=${textOf(i)}`)}#=}"`);
  }

  resource(field: ResourceField, textOf: TaskText): Assignment {
    const values = new Set(this.of.tasks.map(textOf));
    const [only] = values;
    return word(values.size === 1 ? only! : `"\${${this.of.rows.field(`resource_${field}`, textOf)}}"`);
  }

  paths(kind: 'input' | 'output', slot: Slot): Assignment {
    if (kind === 'output') {
      const all = Array.from({ length: slot.end - slot.start }, (_, n) => outputWord(slot.start + n));
      return word(`(${all.join(' ')})`);
    }
    return (variable) => [`${variable}=(${inputWords(slot)})`, `${variable}=("\${${variable}[@]/#-/./-}")`];
  }

  path(kind: 'input' | 'output', slot: Slot, index: number | null): Assignment {
    if (kind === 'output') return word(outputWord(slot.start + (index ?? 0)));
    const at = `wfc_input_at[${slot.start}]${index === null ? '' : ` + ${index}`}`;
    return word(`"\${wfc_inputs[${at}]/#-/./-}"`);
  }

  /** The list of one gathered input is a file already; others are written for the attempt. */
  listFile(slot: Slot): Assignment {
    const { rule } = this.of;
    const inputs = rule.inputs.slice(slot.start, slot.end);
    const gathers = rule.inputs.filter((i) => i.members.kind === 'gather');
    const [only] = inputs;
    if (inputs.length === 1 && only!.members.kind === 'gather') {
      const group = gathers.length === 1 ? '$1' : `$(IFS=,; set -- $1; echo "\${${gathers.indexOf(only!) + 1}}")`;
      return word(`"\${wfc_artifacts}/lists/${rule.rule.name}-${slot.start}-${group}.txt"`);
    }
    return word(`"$(wfc_write_list ${insideQuotes(slot.name) || "''"} ${inputWords(slot)})"`);
  }

  attempt(): Assignment {
    return word('"${wfc_attempt}"');
  }

  log(): Assignment {
    return word('"${wfc_log/#-/./-}"');
  }

  checkpoint(index: number): Assignment {
    return word(`"\${wfc_checkpoints[${index}]/#-/./-}"`);
  }

  checkpoints(): Assignment {
    return word('("${wfc_checkpoints[@]/#-/./-}")');
  }
}

/** A path as a command sees it: one that begins with `-` gets `./` in front. */
function outputWord(position: number): string {
  return `"\${wfc_outputs[${position}]/#-/./-}"`;
}

function inputWords({ start, end }: Slot): string {
  const from = `wfc_input_at[${start}]`;
  return `"\${wfc_inputs[@]:${from}:wfc_input_at[${end}] - ${from}}"`;
}
