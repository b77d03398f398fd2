export interface Chart {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly series: readonly { readonly name: string; readonly points: readonly (readonly [x: number, y: number])[] }[];
}

const size = { width: 640, height: 360, left: 70, right: 130, top: 52, bottom: 50 };
const colours = ['#1b6ca8', '#c1440e', '#3c7a3b', '#7d3c98'];

/** A line chart as SVG: a logarithmic axis of x, one from zero of y. Pure. */
export function lineChart({ title, x, y, series }: Chart): string {
  const all = series.flatMap(({ points }) => points);
  const [from, to] = [Math.min(...all.map(([at]) => at)), Math.max(...all.map(([at]) => at))];
  const top = niceTop(Math.max(...all.map(([, value]) => value)));
  const plot = { width: size.width - size.left - size.right, height: size.height - size.top - size.bottom };
  const across = (value: number) =>
    size.left + (to === from ? 0 : (Math.log(value / from) / Math.log(to / from)) * plot.width);
  const up = (value: number) => size.top + plot.height - (value / top) * plot.height;
  const steps = [0, 0.25, 0.5, 0.75, 1].map((share) => share * top);
  const lines = steps.map(
    (value) =>
      `<line x1="${size.left}" x2="${size.left + plot.width}" y1="${up(value)}" y2="${up(value)}" stroke="#ddd"/>` +
      text(size.left - 8, up(value) + 4, short(value), 'end'),
  );
  const marks = [...new Set(all.map(([at]) => at))].map((at) =>
    text(across(at), size.top + plot.height + 18, short(at), 'middle'),
  );
  const curves = series.map(({ name, points }, index) => {
    const colour = colours[index % colours.length];
    const path = points.map(([at, value]) => `${across(at).toFixed(1)},${up(value).toFixed(1)}`);
    const dots = path.map((point) => {
      const [cx, cy] = point.split(',');
      return `<circle cx="${cx}" cy="${cy}" r="3" fill="${colour}"/>`;
    });
    const [, last] = points.at(-1) ?? [0, 0];
    const label = text(size.left + plot.width + 10, up(last) + 4, name, 'start', colour);
    return `<polyline points="${path.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>${dots.join('')}${label}`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" font-family="sans-serif" font-size="12">`,
    `<title>${title}</title>`,
    `<rect width="100%" height="100%" fill="white"/>`,
    text(size.left, 22, title, 'start', '#222', 15),
    ...lines,
    ...marks,
    ...curves,
    text(size.left + plot.width / 2, size.height - 12, x, 'middle'),
    text(size.left - 8, size.top - 12, y, 'end'),
    '</svg>\n',
  ].join('\n');
}

const text = (x: number, y: number, words: string, anchor: string, colour = '#444', points = 12): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" fill="${colour}" font-size="${points}">${words}</text>`;

const short = (value: number): string =>
  value >= 1e6 ? `${value / 1e6} M` : value >= 1e3 ? `${value / 1e3} k` : `${value}`;

/** The next of 1, 2, 4, 6, 8 times a power of ten. */
function niceTop(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 4, 6, 8, 10].find((step) => step * power >= value) ?? 10) * power;
}
