// What the official Node SDK does with a workflow: prints one JSON object.
import { CompletionClient } from "dify-client";

const [url, key] = process.argv.slice(2);
const client = new CompletionClient(key, url);
const told = { run: (await client.runWorkflow({ text: "hello" }, "ann")).data };

const { data: stream } = await client.runWorkflow({ text: "hello" }, "ann", true);
let text = "";
for await (const chunk of stream) text += chunk;
told.stream = text;

const form = new FormData();
form.append("user", "ann");
form.append("file", new Blob(["hello"], { type: "text/plain" }), "note.txt");
told.upload = (await client.fileUpload(form)).data;
told.parameters = (await client.getApplicationParameters("ann")).data;

const task = JSON.parse(text.split("data: ")[1].split("\n")[0]).task_id;
told.stop = (await client.sendRequest("POST", `/workflows/tasks/${task}/stop`, { user: "ann" })).data;
told.logs = (await client.sendRequest("GET", "/workflows/logs", null, { limit: 5 })).data;
console.log(JSON.stringify(told));
