/** How the scripts of package.json read what is typed: whatever does not fit is told in one sentence, with exit code 2. */
import { Command, InvalidArgumentError } from 'commander';

/** A command whose usage errors end the process before anything has begun. */
export function scriptCommand(name: string): Command {
  return new Command(name)
    .configureOutput({
      outputError: (text, write) => {
        const sentence = text
          .trim()
          .replace(/^error: /, '')
          .replaceAll(/\s*\n\s*/g, ' ')
          .replace(/\.$/, '');
        write(`${name}: ${sentence}; add --help to see how.\n`);
      },
    })
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));
}

export function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('Write a whole number of at most 15 digits.');
  return Number(text);
}

export function atLeastOne(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError('Write a whole number from 1 on.');
  return Number(text);
}

export function atLeastZero(text: string): number {
  if (!/^\d{1,9}(?:\.\d{1,9})?$/.test(text)) throw new InvalidArgumentError('Write a number from 0 on.');
  return Number(text);
}

export function threads(text: string): number {
  if (!/^[1-9]\d?$/.test(text)) throw new InvalidArgumentError('Write a number from 1 to 99.');
  return Number(text);
}
