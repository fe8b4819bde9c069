import sharp from 'sharp';
import '../../src/modules/avatars/pipeline/picture-codec.js'; // first: it shuts what is opened here

// The service reads its own kept form alone. What it answers is read by tests, which may run in its process.
sharp.unblock({ operation: ['VipsForeignLoadJpeg', 'VipsForeignLoadPng', 'VipsForeignLoadNsgif', 'VipsForeignLoadHeif'] });

export default sharp;
