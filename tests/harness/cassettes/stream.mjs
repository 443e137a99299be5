// Ask a server each prompt at once, with OpenAI's own client, and print what came: the pieces of
// the body in base64, and the tokens, with the name of an error last.
import http from "node:http";
import { Readable } from "node:stream";
import OpenAI from "openai";

const [url, ...prompts] = process.argv.slice(2);

// Node's own `fetch` joins the pieces that wait in its buffer; `node:http` tells each by itself.
const fetchPieces = (pieces) => (address, { method, headers, body, signal }) =>
  new Promise((resolve, reject) => {
    const options = { method, signal, headers: Object.fromEntries(new Headers(headers)) };
    const request = http.request(address, options, (answer) => {
      answer.on("data", (piece) => pieces.push(piece.toString("base64")));
      resolve(
        new Response(Readable.toWeb(answer), { status: answer.statusCode, headers: answer.headers }),
      );
    });
    request.on("error", reject);
    request.end(body);
  });

async function ask(prompt) {
  const pieces = [];
  const tokens = [];
  const client = new OpenAI({
    baseURL: `${url}/v1`,
    apiKey: "x",
    maxRetries: 0,
    fetch: fetchPieces(pieces),
  });
  try {
    const stream = await client.chat.completions.create({
      model: "gpt-4o-mini",
      messages: [{ role: "user", content: prompt }],
      stream: true,
    });
    for await (const chunk of stream) {
      const text = chunk.choices[0]?.delta?.content;
      if (text) tokens.push(text);
    }
  } catch (error) {
    tokens.push(error.constructor.name);
  }
  return { pieces, tokens };
}

console.log(JSON.stringify(await Promise.all(prompts.map(ask))));
