// An SMTP server for `make drill-mail`. Prints the recipients of each mail. PASSWORD: that of the user auth.
import { SMTPServer } from 'smtp-server';

new SMTPServer({
  allowInsecureAuth: true,
  disabledCommands: ['STARTTLS'],
  onAuth({ username, password }, _session, callback) {
    const isRight = username === 'auth' && password === process.env['PASSWORD'];
    callback(isRight ? null : new Error('the password is wrong'), { user: username });
  },
  onData(stream, { envelope }, callback) {
    stream.resume().once('end', () => {
      console.log(envelope.rcptTo.map(({ address }) => address).join());
      callback();
    });
  },
}).listen(587);
