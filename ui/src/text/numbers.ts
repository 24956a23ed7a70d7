import { regionalLocale } from './locale';

/** A count as the user's language and region write it: `1,204`, `1.204`, `١٬٢٠٤`. */
export const count = (value: number): string => new Intl.NumberFormat(regionalLocale()).format(value);

/** A share as the user's language and region write it: `110%`, `110 %`, `٪١١٠`. */
export const percent = (value: number): string =>
  new Intl.NumberFormat(regionalLocale(), { style: 'percent' }).format(value);
