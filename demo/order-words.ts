/** What the shop's orders are made of. */
export const currencies = [
  { code: 'EUR', digits: 2 },
  { code: 'USD', digits: 2 },
  { code: 'GBP', digits: 2 },
  { code: 'CHF', digits: 2 },
  { code: 'SEK', digits: 2 },
  { code: 'JPY', digits: 0 },
  { code: 'BHD', digits: 3 },
];
export const statuses = ['paid', 'packed', 'shipped', 'delivered'];
export const channels = ['web', 'app', 'phone'];
export const notes = ['n/a', '', 'Leave at the door', 'n/a', 'Gift: no price on the slip', 'Ring twice – dog inside'];
export const titles = [
  'Oak shelf, 80 cm',
  'Desk lamp "Nova"',
  'Tea towel, linen',
  'Kettle 1.7 l',
  'Wool blanket',
  'Coat hook (set of 4)',
  'Cutting board',
  'Garden chair',
  'Picture frame A3',
  'Storage box',
  'Door mat',
];
export const firstNames = [
  'Ada',
  'Björn',
  'Chloé',
  'Dmitri',
  'Elif',
  'Femi',
  'Grace',
  'Hana',
  'İpek',
  'José',
  'Łucja',
  '花子',
];
export const lastNames = [
  'Álvarez',
  'Brown',
  "D'Souza",
  'Eriksson',
  'Kowalska',
  'Müller',
  'Nakamura',
  'Okafor',
  'Yılmaz',
];
export const streets = ['High Street', 'Lindenallee', 'Rue du Moulin', 'Via Roma', 'Storgatan', 'Mill Lane'];
export const mailHosts = ['example.com', 'example.org', 'example.net'];
export const places = [
  { city: 'London', country: 'GB' },
  { city: 'Köln', country: 'DE' },
  { city: 'Lyon', country: 'FR' },
  { city: 'Osaka', country: 'JP' },
  { city: 'Manama', country: 'BH' },
  { city: 'Malmö', country: 'SE' },
  { city: 'Zürich', country: 'CH' },
];

/** 150 days from 1 October 2025 as dd/MM/yyyy, written once. */
export const days = Array.from({ length: 150 }, (_, day) => {
  const [year, month, date] = new Date(Date.UTC(2025, 9, 1 + day)).toISOString().slice(0, 10).split('-');
  return `${date}/${month}/${year}`;
});
