/** A page in Debian's Chromium, and what it asked for and complained of. */

import { chromium, type Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { PATIENCE_SECONDS } from './waiting.ts';

/** For `describeWith`. */
export const CHROMIUM = { program: 'chromium', package: 'chromium' };

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export interface Opened {
  readonly page: Page;
  /** Errors and warnings of the console, and exceptions that nobody caught. */
  readonly complaints: string[];
  /** Addresses that the page asked for, its own among them. */
  readonly requests: string[];
}

export interface View {
  readonly width?: number;
  readonly colours?: 'light' | 'dark';
}

/** Open a report and wait until it is drawn. */
export function openReport(file: string, view: View = {}): Promise<Opened> {
  return openFile(file, 'body[data-ready]', view);
}

/** Open a file and wait for an element. */
export async function openFile(
  file: string,
  selector: string,
  { width = 1280, colours = 'light' }: View = {},
): Promise<Opened> {
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ARGS,
    timeout: PATIENCE_SECONDS * 1000,
  });
  onTestFinished(() => browser.close());
  const page = await browser.newPage({ colorScheme: colours, viewport: { width, height: 900 } });
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(`file://${file}`);
  await page.waitForSelector(selector, { timeout: PATIENCE_SECONDS * 1000, state: 'attached' });
  return { page, complaints, requests };
}
