/** What a drawing takes from the page's styles. */
const taken = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'paint-order',
  'font-family',
  'font-size',
  'text-anchor',
] as const;

/** A drawing of the page as an SVG that stands by itself, in the colours that it has now, on the page's ground. */
export function standingSvg(drawing: SVGSVGElement): string {
  const copy = drawing.cloneNode(true) as SVGSVGElement;
  const [from, to] = [drawing, copy].map((svg) => [...svg.querySelectorAll<SVGElement>('*')]);
  from?.forEach((element, index) => {
    const style = getComputedStyle(element);
    to?.[index]?.setAttribute(
      'style',
      taken.map((name) => `${name}:${style.getPropertyValue(name)}`).join(';'),
    );
  });
  const { width, height } = drawing.viewBox.baseVal;
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.setAttribute('width', String(width));
  copy.setAttribute('height', String(height));
  copy.setAttribute('style', `background:${getComputedStyle(document.body).backgroundColor}`);
  return new XMLSerializer().serializeToString(copy);
}
