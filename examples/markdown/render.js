// Markdown -> a whole HTML page, with code blocks highlighted.
import hljs from 'highlight.js/lib/common';
import { Marked } from 'marked';

const marked = new Marked({
  renderer: {
    code({ text, lang }) {
      // The info string may go on after the language: `js file=app.mjs`.
      const language = (lang ?? '').split(' ')[0];
      const isCode = language !== 'text' && hljs.getLanguage(language) !== undefined;
      // Of what says no language, highlight.js guesses it: it tries each that it knows.
      const { value } = isCode ? hljs.highlight(text, { language }) : hljs.highlightAuto(text);
      return `<pre><code class="hljs">${value}</code></pre>\n`;
    },
  },
});

export function renderPage(title, markdown) {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${title}</title>
<style>
body { max-width: 48rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 sans-serif }
pre { padding: 1rem; overflow: auto; background: #f4f4f4 }
table { border-collapse: collapse } td, th { padding: .3rem .6rem; border: 1px solid #ccc }
.hljs-keyword { color: #a0288a } .hljs-string { color: #2a7a2a } .hljs-comment { color: #777 } .hljs-number { color: #a05a00 }
</style>
${marked.parse(markdown, { async: false })}</html>
`;
}
