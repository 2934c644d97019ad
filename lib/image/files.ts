// SPDX-License-Identifier: Apache-2.0
// Small files that survive a loss of power: written whole under another name,
// synced, renamed, and the folder synced.
import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { randomHex } from '../ids.js';

export const TMP_MARK = '.tmp-';

export async function writeDurably(path: string, text: string): Promise<void> {
  const tmp = `${path}${TMP_MARK}${randomHex(6)}`;
  try {
    const file = await open(tmp, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(tmp, path);
  } catch (error) {
    await rm(tmp, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

export function isMissing(error: unknown): boolean {
  return hasCode(error, 'ENOENT');
}

export function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
