// The main job in Node. The server and the credentials come from the environment.

import { NotFoundError, ValidationError, WebhookClient } from 'blynk-webhooks';

console.log('Node');
const client = WebhookClient.fromEnv();
const before = await client.list();
console.log('  token    taken by client credentials, for the first call');
console.log(`  list     ${before.length} webhooks`);

const webhook = await client.create({
  name: 'Device Status Notification',
  trigger: 'DEVICE_ADDED',
  url: 'https://example.com/webhook/{device_id}',
  method: 'POST',
  contentType: 'JSON',
  authType: 'NONE',
  body: '{"device_id": "{device_id}"}',
  failureLimit: 10,
});
const created = new Date(webhook.createdAt).toISOString().slice(0, 16).replace('T', ' ');
console.log(`  create   webhook ${webhook.id}: ${webhook.name}, created at ${created} UTC`);
console.log(`  list     ${(await client.list()).length} webhook`);
console.log(`  get      '${(await client.get(webhook.id)).name}' runs on ${webhook.trigger}`);

const updated = await client.update(webhook.id, { ...webhook, name: 'Updated Webhook Name' });
console.log(`  update   is now called '${updated.name}'`);
const patched = await client.patch(webhook.id, { failureLimit: 3 });
console.log(`  patch    failure limit ${patched.failureLimit}, the rest as it was`);
console.log(`  disable  ${(await client.disable(webhook.id)).status}`);
await client.delete(webhook.id);
console.log('  delete   done');

try {
  await client.create({ name: 'Doors', trigger: 'DOOR_OPENED', url: 'example.com/{device_id}', method: 'GET' });
  throw new Error('a bad spec was not refused');
} catch (error) {
  if (!(error instanceof ValidationError)) throw error;
  console.log(`  refused  ${error.message}`);
}
try {
  await client.get(webhook.id);
  throw new Error('a deleted webhook was found');
} catch (error) {
  if (!(error instanceof NotFoundError)) throw error;
  console.log(`  404      ${error.message}`);
}
client.close();
