import { Button, FileInput, Group, Stack } from '@mantine/core';
import { useRef, useState } from 'react';
import { useTexts } from '../../language.ts';
import { Logo } from './logo.tsx';
import { texts } from './texts.ts';

interface LogoFieldProps {
  logo: string | null;
  onChange: (logo: string | null) => void;
}

/** Chooses an image, which becomes a `data:` URL. */
export function LogoField({ logo, onChange }: LogoFieldProps) {
  const t = useTexts(texts);
  const [chosen, setChosen] = useState<File | null>(null);
  const field = useRef<HTMLButtonElement>(null);
  const read = (file: File | null) => {
    setChosen(file);
    const reader = new FileReader();
    reader.onload = () => {
      // read as a URL, it is a text
      onChange(reader.result as string);
    };
    if (file) {
      reader.readAsDataURL(file);
    }
  };
  return (
    <Stack gap="xs">
      <FileInput
        label={t.logo}
        description={t.logoDescription}
        placeholder={t.chooseFile}
        accept="image/png,image/webp,image/svg+xml"
        ref={field}
        value={chosen}
        onChange={read}
      />
      {logo !== null && (
        <Group>
          <Logo url={logo} />
          <Button
            variant="default"
            size="xs"
            onClick={() => {
              onChange(null);
              setChosen(null);
              field.current?.focus();
            }}
          >
            {t.removeLogo}
          </Button>
        </Group>
      )}
    </Stack>
  );
}
