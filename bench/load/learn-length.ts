/** The length of one whole answer, learnt from one request on a connection of its own. It must be a 200. */
import { connect } from 'node:net';
import { ResponseParser } from '../../test/helpers/response-parser.ts';

export const learnLength = async (port: number, bytes: Buffer): Promise<number> => {
  const socket = connect({ port, host: '127.0.0.1' });
  let length = 0;
  await new Promise<void>((resolve, reject) => {
    const parser = new ResponseParser(({ status }) => {
      if (status === 200) resolve();
      else reject(new Error(`The answer is ${status}`));
    });
    parser.expect('GET');
    socket.on('data', (data) => {
      length += data.length;
      try {
        parser.push(data);
      } catch (error) {
        reject(error as Error);
      }
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('Closed without an answer')));
    socket.write(bytes);
  });
  socket.destroy();
  return length;
};
