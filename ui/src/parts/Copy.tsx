import { ActionIcon, Button, Tooltip } from "@mantine/core";
import { useEffect, useState } from "react";
import { Icon, type IconName } from "~/marks/Icon";
import styles from "./parts.module.css";

function useCopied(): [boolean, (text: string) => void] {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1500);
    return () => clearTimeout(timer);
  }, [copied]);
  return [copied, (text) => void navigator.clipboard?.writeText(text).then(() => setCopied(true))];
}

/** `text` may be a function, asked when somebody copies: the address of the page, say. */
export function CopyIcon({
  text,
  label,
  icon = "copy",
}: {
  text: string | (() => string);
  label: string;
  icon?: IconName;
}) {
  const [copied, copy] = useCopied();
  return (
    <Tooltip label={copied ? "Copied" : label}>
      <ActionIcon aria-label={label} onClick={() => copy(typeof text === "string" ? text : text())}>
        <Icon name={copied ? "check" : icon} size={14} />
      </ActionIcon>
    </Tooltip>
  );
}

export function CopyButton({ text, children, size = "compact-xs" }: { text: string; children: string; size?: string }) {
  const [copied, copy] = useCopied();
  return (
    <Button
      variant="default"
      size={size}
      leftSection={<Icon name={copied ? "check" : "copy"} size={12} />}
      onClick={() => copy(text)}
      title={text}
    >
      {copied ? "Copied" : children}
    </Button>
  );
}

/** A command line as people would type it. */
export function Command({ text }: { text: string }) {
  return (
    <div className={styles.command}>
      <code tabIndex={0}>{text}</code>
      <CopyIcon text={text} label="Copy the command" />
    </div>
  );
}
