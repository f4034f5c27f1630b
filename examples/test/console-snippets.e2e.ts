import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Browser } from 'playwright-core';
import { launchChromium } from '../../apps/auth/test/support/chromium.ts';
import { Client, newEmail } from '../../apps/auth/test/support/client.ts';
import { Mailbox } from '../../apps/auth/test/support/mailbox.ts';
import { addApplication, secretOf, startIssuer } from '../../apps/auth/test/support/relying-party.ts';
import type { TestService } from '../../apps/auth/test/support/service.ts';
import { Visitor } from '../../apps/auth/test/support/visitor.ts';
import { goMachine, goWeb } from '../../apps/console/src/pages/applications/stacks/go.ts';
import { pythonMachine, pythonWeb } from '../../apps/console/src/pages/applications/stacks/python.ts';
import { springWeb } from '../../apps/console/src/pages/applications/stacks/spring.ts';
import type { Values } from '../../apps/console/src/pages/applications/stacks/values.ts';
import { freePort } from '../../tools/lib/free-port.ts';
import { ExampleProgram, installPython, pythonOf, root, succeed } from './process.ts';

// Those in JavaScript and shell are tested with the console. These need languages that a machine may lack, and compile for minutes.
const folder = '.cache/snippets';
const isWanted = process.env['SNIPPETS'] !== undefined;
const resource = 'https://notes.example.com';

let auth: TestService;
let chromium: Browser;

/** What the console fills in about a web application that listens on a port. */
function web(clientId: string, port: string, path = '/signed-in'): Values {
  const redirectUri = `http://127.0.0.1:${port}${path}`;
  return {
    ...{ issuer: auth.url, clientId, redirectUri, scope: 'openid email notes:read', resource },
    ...{ algorithm: 'ES256', hasKeys: false },
  };
}

const machine = (): Values => ({ ...web('machine', '0'), scope: 'notes:read' });

const environment = (clientId: string, settings: Record<string, string> = {}) => ({
  CLIENT_SECRET: secretOf(clientId),
  HOME: process.env['HOME'] ?? '',
  ...settings,
});

async function write(files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(root, folder, dirname(path)), { recursive: true });
    await writeFile(join(root, folder, path), text);
  }
}

/** Signs a person in to a program, which must show their `sub`. */
async function expectSignIn({ clientId, redirectUri }: Values, program: ExampleProgram, start: string): Promise<void> {
  await addApplication(auth, {
    ...{ client_id: clientId, scopes: ['notes:read'], resources: [resource], redirect_uris: [redirectUri] },
  });
  const email = newEmail();
  const { body: account } = await new Client(auth.url).register(email);
  await program.shows(/ready|Running on|Started App/);
  const visitor = await Visitor.arrive(chromium, auth, await Mailbox.open());
  await visitor.page.goto(new URL(start, redirectUri).href);
  await visitor.signIn(email);
  await visitor.page.getByText(String(account.id)).waitFor();
  expect(new URL(visitor.page.url()).origin).toBe(new URL(redirectUri).origin);
}

describe.runIf(isWanted)('the snippet of the console', () => {
  beforeAll(async () => {
    auth = await startIssuer();
    chromium = await launchChromium();
    await addApplication(auth, {
      client_id: 'machine',
      kind: 'machine',
      scopes: ['notes:read'],
      resources: [resource],
    });
  });
  afterAll(() => chromium.close());

  describe('Go', () => {
    const program = join(folder, 'go/snippet');

    async function build(values: Values): Promise<void> {
      await write({
        'go/go.mod': 'module snippet\n\ngo 1.25.0\n',
        'go/web/web.go': goWeb(values),
        'go/machine/machine.go': goMachine(machine()),
        'go/main.go': goMain,
      });
      const versions = ['github.com/coreos/go-oidc/v3/oidc@v3.21.0', 'golang.org/x/oauth2@v0.38.0'];
      await succeed('go', ['-C', join(folder, 'go'), 'get', ...versions]);
      await succeed('go', ['-C', join(folder, 'go'), 'build', '-o', 'snippet', '.']);
    }

    it('signs a person in, and gets a token for a program', async () => {
      const port = await freePort();
      const values = web('go', String(port));
      await build(values);
      await expectSignIn(values, new ExampleProgram(program, [String(port)], environment('go')), '/sign-in');
      await new ExampleProgram(program, [], environment('machine')).shows(/Lives (599|600)\n/);
    });
  });

  describe('Python', () => {
    // with Authlib
    const python = pythonOf('python-app');

    it('signs a person in, and gets a token for a program', async () => {
      const port = String(await freePort());
      const values = web('python', port);
      await write({
        'python/web.py': pythonWeb(values),
        'python/machine.py': pythonMachine(machine()),
        'python/main.py': `from web import app, session

app.get("/")(lambda: session["person"])
app.run("127.0.0.1", ${port})
`,
      });
      await installPython('python-app');
      await succeed(python, ['-m', 'pip', 'install', '-q', 'Flask==3.1.3']);
      const settings = environment('python', { SESSION_KEY: 'key' });
      await expectSignIn(values, new ExampleProgram(python, [join(folder, 'python/main.py')], settings), '/sign-in');
      await new ExampleProgram(python, [join(folder, 'python/machine.py')], environment('machine')).shows(/^600\n/);
    });
  });

  describe('Java', () => {
    it('signs a person in', async () => {
      const port = String(await freePort());
      const values = web('java', port, '/login/oauth2/code/auth');
      const snippet = springWeb(values);
      const bean = snippet.slice(snippet.indexOf('#   @Bean')).replaceAll(/^# {3}/gm, '');
      await write({
        'java/pom.xml': pom,
        'java/src/main/resources/application.yml': snippet,
        'java/src/main/java/snippet/App.java': app(bean),
      });
      await succeed('mvn', ['-B', '-q', '-f', join(folder, 'java/pom.xml'), 'package']);
      const settings = environment('java', { SERVER_PORT: port, SERVER_ADDRESS: '127.0.0.1' });
      await expectSignIn(
        values,
        new ExampleProgram('java', ['-jar', join(folder, 'java/target/snippet.jar')], settings),
        '/',
      );
    });
  });
});

const goMain = `package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"time"

	"golang.org/x/oauth2"
	machine "snippet/machine"
	web "snippet/web"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	ctx := context.Background()
	if len(os.Args) == 1 {
		token, err := machine.Client(ctx).Transport.(*oauth2.Transport).Source.Token()
		check(err)
		fmt.Printf("Lives %.0f\\n", time.Until(token.Expiry).Seconds())
		return
	}
	provider, err := web.Discover(ctx)
	check(err)
	var url, state, verifier string
	http.HandleFunc("/sign-in", func(w http.ResponseWriter, r *http.Request) {
		url, state, verifier = provider.Begin()
		http.Redirect(w, r, url, http.StatusFound)
	})
	http.HandleFunc("/signed-in", func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("state") != state {
			panic("another state")
		}
		token, err := provider.Finish(r.Context(), r.FormValue("code"), verifier)
		check(err)
		fmt.Fprint(w, token.Subject)
	})
	fmt.Println("ready")
	check(http.ListenAndServe("127.0.0.1:"+os.Args[1], nil))
}
`;

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <parent>
    <groupId>org.springframework.boot</groupId>
    <artifactId>spring-boot-starter-parent</artifactId>
    <version>4.1.2</version>
  </parent>
  <groupId>snippet</groupId>
  <artifactId>snippet</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.springframework.boot</groupId>
      <artifactId>spring-boot-starter-security-oauth2-client</artifactId>
    </dependency>
    <dependency>
      <groupId>org.springframework.boot</groupId>
      <artifactId>spring-boot-starter-webmvc</artifactId>
    </dependency>
  </dependencies>
  <build>
    <finalName>snippet</finalName>
    <plugins>
      <plugin>
        <groupId>org.springframework.boot</groupId>
        <artifactId>spring-boot-maven-plugin</artifactId>
      </plugin>
    </plugins>
  </build>
</project>
`;

const app = (bean: string) => `package snippet;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.oauth2.client.oidc.authentication.OidcIdTokenDecoderFactory;
import org.springframework.security.oauth2.client.registration.ClientRegistration;
import org.springframework.security.oauth2.core.oidc.user.OidcUser;
import org.springframework.security.oauth2.jose.jws.SignatureAlgorithm;
import org.springframework.security.oauth2.jwt.JwtDecoderFactory;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

@SpringBootApplication
@RestController
public class App {
  public static void main(String[] arguments) {
    SpringApplication.run(App.class, arguments);
  }

  @GetMapping("/")
  String person(@AuthenticationPrincipal OidcUser person) {
    return person.getSubject();
  }

${bean}
}
`;
