import type { ErrorCode } from '../api/generated';
import { sentenceFor, toApiError } from './errors';

export interface Toast {
  id: number;
  text: string;
  tone: 'info' | 'danger';
}

const SHOWN_FOR = { info: 4_000, danger: 9_000 };

/** Passing messages. Errors that belong to a field are shown at the field instead. */
export class ToastsStore {
  list = $state.raw<readonly Toast[]>([]);
  #next = 1;

  info(text: string): void {
    this.#show(text, 'info');
  }

  danger(text: string): void {
    this.#show(text, 'danger');
  }

  /** Shows the sentence for whatever a command threw. */
  failure = (thrown: unknown): void => this.refusal(toApiError(thrown).code);

  /** Shows the sentence for a refusal. */
  refusal(code: ErrorCode): void {
    this.danger(sentenceFor(code));
  }

  clear(): void {
    this.list = [];
  }

  dismiss(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }

  #show(text: string, tone: Toast['tone']): void {
    const toast = { id: this.#next++, text, tone };
    this.list = [...this.list.filter((shown) => shown.text !== text), toast].slice(-3);
    setTimeout(() => this.dismiss(toast.id), SHOWN_FOR[tone]);
  }
}
