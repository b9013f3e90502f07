// Books a pair of places with a client that is made of the OpenAPI document: node book.js http://127.0.0.1:8080
import createClient from "openapi-fetch";
import type { components, paths } from "./terminbuch.js";

type Problem = components["schemas"]["Problem"];

const baseUrl = process.argv[2];
if (baseUrl === undefined) throw new Error("usage: book.js URL");
// Whoever registers draws a secret, keeps it, and shows it each time.
const secret = crypto.randomUUID().replaceAll("-", "");
const client = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${secret}` } });

/** What came, or an error that says what the problem says. */
function came<T>(what: string, answer: { data?: T; error?: Problem; response: Response }): T {
  if (answer.data !== undefined && answer.response.ok) return answer.data;
  const problem = answer.error;
  throw new Error(`${what}: ${answer.response.status} ${problem?.rule}: ${problem?.title} (${problem?.detail ?? problem?.next})`);
}

/** A receipt; that it is not yet known whether something was done is no receipt. */
function receipt(what: string, came: components["schemas"]["ReceiptJson"] | Problem) {
  if ("receipt" in came) return came;
  throw new Error(`${what}: ${came.title}`);
}

const { centres } = came("centres", await client.GET("/v1/centres"));
const centre = centres[0]?.centre;
if (centre === undefined) throw new Error("there is no centre");

const registration = crypto.randomUUID();
const registered = receipt("registration", came("registration", await client.PUT("/v1/centres/{centre}/registrations/{id}", {
  params: { path: { centre, id: registration } },
  body: {
    group: 1, district: "06412", made_by: "self",
    person: { family_name: "Muster", given_name: "Typescript", born_on: "1936-05-01" },
  },
})));

const availability = came("availability", await client.GET("/v1/centres/{centre}/availability", {
  params: { path: { centre }, query: { at_least: registered.position } },
}));
const free = availability.days.filter((day) => day.dose === 1).reduce((sum, day) => sum + (day.bookable?.web ?? 0), 0);

const { pairs } = came("pairs", await client.GET("/v1/centres/{centre}/pairs", {
  params: { path: { centre }, query: { limit: 1 } },
}));
const pair = pairs[0];
if (pair?.second === undefined) throw new Error(`no pair is free, of ${free} places`);

const id = crypto.randomUUID();
receipt("hold", came("hold", await client.PUT("/v1/centres/{centre}/holds/{id}", {
  params: { path: { centre, id } },
  body: { registration, first: pair.first.slot, second: pair.second.slot },
})));
const confirmed = receipt("confirmation", came("confirmation", await client.POST("/v1/centres/{centre}/holds/{id}/confirm", {
  params: { path: { centre, id } },
})));
const booking = came("booking", await client.GET("/v1/centres/{centre}/bookings/{id}", {
  params: { path: { centre, id }, query: { at_least: confirmed.position } },
}));
// The audit edge alone can say that it is not yet known.
if (!("booking" in booking)) throw new Error(`booking: ${booking.title}`);
console.log(JSON.stringify({
  free, booking: booking.booking, state: booking.state, first: booking.first.slot, second: booking.second?.slot,
}));
