export { ImageModule } from './image.module.js';
export { ImageService } from './image.service.js';
export type { BootableImage } from './image.types.js';
