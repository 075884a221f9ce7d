// Epi curve and Rt, drawn by ECharts from the data island beside the table that says the same.
// Uncertainty is a band, a day without data a gap; colours are those of the page.
import { asset, colour, island, number, onTheme, shortDay } from './words.js';

/** @type {Promise<any> | undefined} */
let library;

/** @returns {Promise<any>} ECharts, loaded once */
function echarts() {
  library ??= new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = asset('echarts');
    script.onload = () => resolve(/** @type {any} */ (window).echarts);
    script.onerror = () => reject(new Error('charts did not load'));
    document.head.append(script);
  });
  return library;
}

/**
 * @param {HTMLElement} figure with data-chart
 */
export async function drawChart(figure) {
  const { chart, words } = island(figure, '[data-chart-data]');
  const canvas = figure.querySelector('.canvas');
  if (!(canvas instanceof HTMLElement)) return;
  const library = await echarts();
  const drawing = library.init(canvas, undefined, { renderer: 'canvas' });
  chart.names = [...figure.querySelectorAll('[data-chart-names] li')].map((each) => each.textContent ?? '');
  const draw = () => drawing.setOption(chart.kind === 'rt' ? rt(chart, words) : chart.kind === 'burn' ? burn(chart, words) : chart.kind === 'stack' ? stack(chart, words) : chart.kind === 'fan' ? fan(chart, words) : epi(chart, words), true);
  draw();
  onTheme(draw);
  const observer = new ResizeObserver(() => {
    if (!canvas.isConnected) { observer.disconnect(); drawing.dispose(); return; }
    drawing.resize();
  });
  observer.observe(canvas);
  if (chart.href) {
    drawing.getZr().on('click', (/** @type {any} */ event) => {
      const [index] = drawing.convertFromPixel({ seriesIndex: 0 }, [event.offsetX, event.offsetY]) ?? [];
      if (chart.days[index]) location.href = chart.href + '?day=' + chart.days[index];
    });
  }
}

/** @param {any} chart */
function frame(chart) {
  const muted = colour('--muted');
  const line = colour('--line');
  const font = getComputedStyle(document.body).fontFamily;
  return {
    animation: false,
    textStyle: { fontFamily: font, color: muted },
    grid: { left: 36, right: 8, top: 12, bottom: 24 },
    xAxis: {
      type: 'category', data: chart.days.map(shortDay), axisLine: { lineStyle: { color: line } }, axisTick: { show: false },
      axisLabel: { color: muted, fontSize: 11, hideOverlap: true },
    },
    yAxis: { type: 'value', axisLabel: { color: muted, fontSize: 11 }, splitLine: { lineStyle: { color: line } }, splitNumber: 3 },
    // Rich text: the other mode writes inline styles, which the page's policy forbids.
    tooltip: {
      trigger: 'axis', renderMode: 'richText', confine: true, backgroundColor: colour('--paper'), borderColor: line,
      textStyle: { color: colour('--ink'), fontSize: 12, fontFamily: font }, axisPointer: { type: 'shadow' },
    },
  };
}

// The days that are not all in yet, from first on: a full-width bar on an axis of its own, so that it covers whole days.
/** @param {any} chart @param {number} first */
function band(chart, first) {
  return {
    type: 'bar', yAxisIndex: 1, silent: true, z: 1, barWidth: '100%', barGap: '-100%', itemStyle: { color: colour('--c-band'), opacity: 0.18 },
    data: chart.days.map((/** @type {string} */ _, /** @type {number} */ i) => (i < first ? null : 1)),
  };
}

/** @param {any} chart @param {Record<string, string>} words */
function epi(chart, words) {
  const base = frame(chart);
  const n = chart.days.length;
  const first = n - chart.incomplete;
  const missing = chart.days.map((/** @type {string} */ _, /** @type {number} */ i) => i).filter((/** @type {number} */ i) => chart.in[i] === null || chart.out[i] === null);
  return {
    ...base,
    yAxis: [{ ...base.yAxis, minInterval: 1 }, { type: 'value', show: false, min: 0, max: 1 }],
    tooltip: {
      ...base.tooltip,
      formatter: (/** @type {any[]} */ items) => {
        const i = items[0].dataIndex;
        if (missing.includes(i)) return shortDay(chart.days[i]) + '\n' + words.nodata;
        const late = i >= n - chart.incomplete ? '\n' + words.incomplete : '';
        return `${shortDay(chart.days[i])}\n${words.out} ${number(chart.out[i])}\n${words.in} ${number(chart.in[i])}${late}`;
      },
    },
    series: [
      {
        name: words.in, type: 'bar', stack: 'n', data: chart.in, itemStyle: { color: colour('--c-in') }, barWidth: '80%',
        markPoint: { silent: true, symbolSize: 1, label: { color: colour('--muted'), fontSize: 11, formatter: '?' }, data: missing.map((/** @type {number} */ i) => ({ coord: [i, 0], symbolOffset: [0, -8] })) },
      },
      { name: words.out, type: 'bar', stack: 'n', data: chart.out, itemStyle: { color: colour('--c-out') }, barWidth: '80%' },
      band(chart, first),
    ],
  };
}

// Lines over the colours, so that parts differ without them.
const lines = [null, { rotation: 0.8, dashArrayX: [1, 0], dashArrayY: [1.5, 5] }, { symbol: 'circle', dashArrayX: [[7, 7], [0, 7, 7, 0]], dashArrayY: [7, 0], symbolSize: 0.5 },
  { rotation: -0.8, dashArrayX: [1, 0], dashArrayY: [1.5, 5] }, { dashArrayX: [1, 0], dashArrayY: [1.5, 5] }, { rotation: 1.57, dashArrayX: [1, 0], dashArrayY: [1.5, 5] }];

/** @param {any} chart @param {Record<string, string>} words */
function stack(chart, words) {
  const base = frame(chart);
  const n = chart.days.length;
  const first = n - (chart.incomplete ?? 0);
  return {
    ...base,
    yAxis: [{ ...base.yAxis, minInterval: 1 }, { type: 'value', show: false, min: 0, max: 1 }],
    tooltip: {
      ...base.tooltip,
      formatter: (/** @type {any[]} */ items) => {
        const i = items[0].dataIndex;
        const parts = chart.stacks.map((/** @type {number[]} */ part, /** @type {number} */ k) => (part[i] ? `\n${chart.names[k]} ${number(part[i])}` : ''));
        return shortDay(chart.days[i]) + parts.join('') + (i >= first ? '\n' + words.incomplete : '');
      },
    },
    series: [
      ...chart.stacks.map((/** @type {number[]} */ part, /** @type {number} */ k) => ({
        name: chart.names[k], type: 'bar', stack: 'n', data: part, barWidth: '80%', itemStyle: { color: colour(`--stack-${k + 1}`), decal: lines[k] && { ...lines[k], color: colour('--stack-line') } },
      })),
      band(chart, first),
    ],
  };
}

/** @param {any} chart @param {Record<string, string>} words */
function rt(chart, words) {
  const base = frame(chart);
  const band = chart.high.map((/** @type {number|null} */ high, /** @type {number} */ i) => (high === null || chart.low[i] === null ? null : high - chart.low[i]));
  const accent = colour('--accent');
  return {
    ...base,
    tooltip: {
      ...base.tooltip,
      formatter: (/** @type {any[]} */ items) => {
        const i = items[0].dataIndex;
        if (chart.mean[i] === null) return shortDay(chart.days[i]) + '\n' + words.nodata;
        return `${shortDay(chart.days[i])}\n${words.mean} ${chart.mean[i].toFixed(2)}\n${words.band} ${chart.low[i].toFixed(2)}–${chart.high[i].toFixed(2)}`;
      },
    },
    series: [
      { type: 'line', stack: 'band', data: chart.low, lineStyle: { opacity: 0 }, symbol: 'none', silent: true },
      { type: 'line', stack: 'band', data: band, lineStyle: { opacity: 0 }, symbol: 'none', areaStyle: { color: accent, opacity: 0.2 }, silent: true },
      {
        name: words.mean, type: 'line', data: chart.mean, symbol: 'none', lineStyle: { color: accent, width: 2 },
        markLine: { silent: true, symbol: 'none', data: [{ yAxis: 1 }], lineStyle: { color: colour('--muted'), type: 'dashed' }, label: { show: false } },
      },
    ],
  };
}

/** How many are still to come: what was, the plan, and the forecast as a band. @param {any} chart @param {Record<string, string>} words */
function burn(chart, words) {
  const base = frame({ days: [] });
  const accent = colour('--accent');
  const last = chart.left.reduce((/** @type {number} */ at, /** @type {number|null} */ n, /** @type {number} */ i) => (n === null ? at : i), -1);
  const spread = chart.high.map((/** @type {number|null} */ high, /** @type {number} */ i) => (high === null || chart.low[i] === null ? null : high - chart.low[i]));
  return {
    ...base,
    grid: { ...base.grid, left: 64 },
    xAxis: { ...base.xAxis, data: chart.names, boundaryGap: false },
    yAxis: { ...base.yAxis, min: 0, axisLabel: { ...base.yAxis.axisLabel, formatter: (/** @type {number} */ n) => number(n) } },
    tooltip: {
      ...base.tooltip, axisPointer: { type: 'line' },
      formatter: (/** @type {any[]} */ items) => {
        const i = items[0].dataIndex;
        const lines = [chart.names[i]];
        if (chart.left[i] !== null) lines.push(`${words.left} ${number(chart.left[i])}`);
        if (chart.plan[i] !== null) lines.push(`${words.plan} ${number(chart.plan[i])}`);
        if (spread[i] !== null && i !== last) lines.push(`${words.band} ${number(chart.low[i])}–${number(chart.high[i])}`);
        return lines.join('\n');
      },
    },
    series: [
      { type: 'line', stack: 'band', data: chart.low, lineStyle: { opacity: 0 }, symbol: 'none', silent: true },
      { type: 'line', stack: 'band', data: spread, lineStyle: { opacity: 0 }, symbol: 'none', areaStyle: { color: colour('--c-band'), opacity: 0.35 }, silent: true },
      { name: words.plan, type: 'line', data: chart.plan, symbol: 'none', lineStyle: { color: colour('--muted'), width: 1.5, type: 'dashed' } },
      {
        name: words.left, type: 'line', data: chart.left, symbol: 'none', lineStyle: { color: accent, width: 2 }, areaStyle: { color: accent, opacity: 0.08 },
        markPoint: last < 0 ? undefined : { silent: true, symbol: 'circle', symbolSize: 8, itemStyle: { color: accent }, label: { show: false }, data: [{ coord: [last, chart.left[last]] }] },
      },
    ],
  };
}

/** What may come, under each policy: the median over its two ranges. @param {any} chart @param {Record<string, string>} words */
function fan(chart, words) {
  const base = frame(chart);
  const lists = (/** @type {number} */ k) => chart.stacks.slice(5 * k, 5 * k + 5);
  const less = (/** @type {number[]} */ high, /** @type {number[]} */ low) => high.map((each, i) => each - low[i]);
  const series = chart.names.flatMap((/** @type {string} */ name, /** @type {number} */ k) => {
    const [low90, low50, median, high50, high90] = lists(k);
    const color = colour(`--stack-${k + 1}`);
    const area = (/** @type {string} */ id, /** @type {number[]} */ low, /** @type {number[]} */ high, /** @type {number} */ opacity) => [
      { type: 'line', stack: id + k, data: low, lineStyle: { opacity: 0 }, symbol: 'none', silent: true },
      { type: 'line', stack: id + k, data: less(high, low), lineStyle: { opacity: 0 }, symbol: 'none', areaStyle: { color, opacity }, silent: true },
    ];
    return [...area('most', low90, high90, 0.12), ...area('half', low50, high50, 0.2), { name, type: 'line', data: median, symbol: 'none', lineStyle: { color, width: 2, type: k ? 'dashed' : 'solid' } }];
  });
  return {
    ...base,
    grid: { ...base.grid, left: 56 },
    yAxis: { ...base.yAxis, min: 0, minInterval: 1, axisLabel: { ...base.yAxis.axisLabel, formatter: (/** @type {number} */ n) => number(n) } },
    tooltip: {
      ...base.tooltip, axisPointer: { type: 'line' },
      formatter: (/** @type {any[]} */ items) => {
        const i = items[0].dataIndex;
        return shortDay(chart.days[i]) + chart.names.map((/** @type {string} */ name, /** @type {number} */ k) => {
          const [low90, low50, median, high50, high90] = lists(k);
          return `\n${name} ${number(median[i])}\n  ${words.half} ${number(low50[i])}–${number(high50[i])}\n  ${words.most} ${number(low90[i])}–${number(high90[i])}`;
        }).join('');
      },
    },
    series,
  };
}
