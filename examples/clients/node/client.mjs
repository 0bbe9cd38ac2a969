// A client to copy from: one question, many at once, a stream of them; a deadline for each, another try where the server is
// away, and no as the answer to everything that goes wrong.
//
//   npm ci
//   node client.mjs 127.0.0.1:50051
//   node client.mjs unix:///run/hallpass/hallpass.sock

import { fileURLToPath } from "node:url";
import grpc from "@grpc/grpc-js";
import loader from "@grpc/proto-loader";

const PROTO = fileURLToPath(new URL("../../../proto", import.meta.url));
const definition = loader.loadSync("hallpass/v1/hallpass.proto", { includeDirs: [PROTO], longs: Number, defaults: true });
const { Hallpass: Stub } = grpc.loadPackageDefinition(definition).hallpass.v1;

// A check changes nothing, so it may be asked again.
const SERVICE_CONFIG = {
  methodConfig: [
    {
      name: ["Check", "BatchCheck"].map((method) => ({ service: "hallpass.v1.Hallpass", method })),
      retryPolicy: {
        maxAttempts: 4,
        initialBackoff: "0.020s",
        maxBackoff: "0.200s",
        backoffMultiplier: 2,
        retryableStatusCodes: ["UNAVAILABLE"],
      },
    },
  ],
};
// How long an answer is waited for, all tries together.
const MILLISECONDS = 500;

const within = (milliseconds) => ({ deadline: Date.now() + milliseconds });

class Hallpass {
  // `target` is `host:port`, or `unix:///path` of the server's socket.
  constructor(target) {
    const options = { "grpc.service_config": JSON.stringify(SERVICE_CONFIG) };
    this.stub = new Stub(target, grpc.credentials.createInsecure(), options);
  }

  close() {
    this.stub.close();
  }

  // Whether it is allowed.
  async may(question) {
    try {
      const answer = await this.#call("Check", question);
      return answer.allow === true;
    } catch (error) {
      console.error(`no answer: ${error.message}`);
      return false;
    }
  }

  // The same for many at one moment, in their order. A malformed one is not allowed, the others are decided.
  async mayEach(questions) {
    try {
      const { items } = await this.#call("BatchCheck", { checks: questions });
      return items.map((item) => item.response?.allow === true);
    } catch (error) {
      console.error(`no answers: ${error.message}`);
      return questions.map(() => false);
    }
  }

  // The same for more than fit into a batch. What a server that shuts down leaves open is asked anew, once.
  async stream(questions) {
    const allowed = [];
    for (let attempt = 0; attempt < 2; attempt++) {
      try {
        await this.#ask(questions, allowed);
        break;
      } catch (error) {
        console.error(`the stream ended: ${error.message}`);
        if (error.code !== grpc.status.UNAVAILABLE) break;
      }
    }
    return questions.map((_, at) => allowed[at] === true);
  }

  // Asks what has no answer, and waits with writing while the server waits for us to read.
  async #ask(questions, allowed) {
    const call = this.stub.CheckStream(within(10 * MILLISECONDS));
    const writing = (async () => {
      for (let id = allowed.length; id < questions.length; id++) {
        if (!call.write({ id, check: questions[id] })) await new Promise((resolve) => call.once("drain", resolve));
      }
      call.end();
    })();
    for await (const { id, response } of call) allowed[id] = response?.allow === true;
    await writing;
  }

  #call(method, message) {
    return new Promise((resolve, reject) => {
      this.stub[method](message, within(MILLISECONDS), (error, answer) => (error ? reject(error) : resolve(answer)));
    });
  }
}

// May this person do this to a mark of this student?
const mark = (id, action, student) => ({
  subject: { type: "user", id },
  action: { name: action },
  resource: { type: "misis.grades.mark", student },
});

const hallpass = new Hallpass(process.argv[2]);
console.log("check ", await hallpass.may(mark("t.rivera", "update", "s.0142")));
console.log("check ", await hallpass.may(mark("t.rivera", "update", "s.0999")));
const questions = [mark("t.rivera", "update", "s.0142"), mark("", "view", "s.0142"), mark("p.okafor", "view", "s.0142")];
console.log("batch ", await hallpass.mayEach(questions));
console.log("stream", await hallpass.stream(questions));
const many = Array.from({ length: 3_000 }, (_, at) => questions[at % 3]);
console.log("stream", (await hallpass.stream(many)).filter((allowed) => allowed).length, "of 3000");
hallpass.close();

// Nobody answers at this port, so it is no.
const nobody = new Hallpass("127.0.0.1:1");
console.log("away  ", await nobody.may(mark("t.rivera", "update", "s.0142")));
nobody.close();
