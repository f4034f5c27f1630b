import { Textarea } from '@mantine/core';

/** The values that a person has typed, one a line. */
export const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

interface LinesFieldProps {
  label: string;
  description?: string | undefined;
  value: string;
  onChange: (value: string) => void;
  required?: boolean;
}

/** A field of several values, one a line. */
export function LinesField({ onChange, ...props }: LinesFieldProps) {
  return (
    <Textarea
      {...props}
      autosize
      minRows={2}
      maxRows={8}
      autoComplete="off"
      spellCheck={false}
      onChange={({ currentTarget }) => {
        onChange(currentTarget.value);
      }}
    />
  );
}
