/** The page's part of the service worker's notifications. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { closeNotifications, showNotification } from "chatsite/net/service_worker.js";

test("notifications are only looked for when the last one is shown", async () => {
  const calls = [];
  let show;
  const registration = {
    showNotification: (title) => new Promise((resolve) => (show = () => resolve(calls.push(`shown: ${title}`)))),
    getNotifications: async () => [{ data: { url: "/rooms/7/" }, close: () => calls.push("closed") }],
  };
  const serviceWorker = { register: async () => registration, ready: Promise.resolve(registration), getRegistration: async () => registration };
  Object.defineProperty(navigator, "serviceWorker", { value: serviceWorker, configurable: true });
  const isShown = showNotification("Ana", {});
  while (!show) await new Promise(setImmediate);
  const isClosed = closeNotifications(({ url }) => url === "/rooms/7/");
  for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
  assert.deepEqual(calls, []);
  show();
  await Promise.all([isShown, isClosed]);
  assert.deepEqual(calls, ["shown: Ana", "closed"]);
});
