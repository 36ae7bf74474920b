import { NoParams } from './common.dto.js';
import {
  ImageBuildParams,
  ImageDeleteParams,
  ImageDetails,
  ImagePullParams,
  ImageRef,
  ImageView,
  ImageRecipeParams,
  ImageRecipeView,
  ImagePromoteParams,
  ImageRegisterParams,
  ImageWarmParams,
} from './image.dto.js';
import {
  ImagePrunableParams,
  ImagePrunableView,
  ImagePruneParams,
  ImagePruneView,
} from './image-prune.dto.js';
import {
  ImageCatalogParams,
  ImageCatalogView,
  ImageExportParams,
  ImageImportParams,
} from './image-transfer.dto.js';
import { KernelPullParams, KernelRef, KernelRegisterParams, KernelView } from './kernel.dto.js';
import { call, list, one } from './method.js';
import { OperationView } from './operation.dto.js';
import { ChannelGrant } from './vm-access.dto.js';

/** Images, and the kernels that are put into them. */
export const IMAGE_METHODS = {
  'image.list': call('All images.', NoParams, list(ImageView)),
  'image.get': call('One image, with its templates.', ImageRef, one(ImageDetails)),
  'image.build.begin': call('Begins to build an image.', ImageBuildParams, one(OperationView)),
  'image.pull.begin': call(
    'Begins to pull an image: of an OCI registry, and to make it bootable; or of a catalog.',
    ImagePullParams,
    one(OperationView),
  ),
  'image.recipe.check': call(
    'What a recipe asks for; an error with every line that is wrong.',
    ImageRecipeParams,
    one(ImageRecipeView),
  ),
  'image.catalog.list': call('The images of a catalog.', ImageCatalogParams, one(ImageCatalogView)),
  'image.export': call(
    'Grants a byte channel with an image as a bundle, from which another banger imports it.',
    ImageExportParams,
    one(ChannelGrant),
  ),
  'image.import': call(
    'Grants a byte channel for a bundle that becomes an image, by an operation of which the channel tells.',
    ImageImportParams,
    one(ChannelGrant),
  ),
  'image.warm.begin': call(
    'Begins to make a template of an image, so that VMs of that shape are restored from it instead of booting.',
    ImageWarmParams,
    one(OperationView),
  ),
  'image.register.begin': call(
    'Begins to make an image of a file system that the host has.',
    ImageRegisterParams,
    one(OperationView),
  ),
  'image.promote.begin': call(
    'Begins to make an image of the disks of a VM that is down, without what makes it that machine.',
    ImagePromoteParams,
    one(OperationView),
  ),
  'image.delete': call('Deletes an image that no VM uses.', ImageDeleteParams, one(ImageView)),
  'image.prunable': call(
    'What is kept for images to come, or of those that nobody uses, and what deleting it would give back.',
    ImagePrunableParams,
    list(ImagePrunableView),
  ),
  'image.prune': call(
    'Deletes such things, in the order in which they are named; what somebody needs by now stays.',
    ImagePruneParams,
    one(ImagePruneView),
  ),

  'kernel.list': call('All kernels.', NoParams, list(KernelView)),
  'kernel.get': call('One kernel.', KernelRef, one(KernelView)),
  'kernel.pull.begin': call(
    'Begins to get the kernel of the host’s distribution, with its modules.',
    KernelPullParams,
    one(OperationView),
  ),
  'kernel.register.begin': call(
    'Begins to keep a kernel of the host’s, with its modules.',
    KernelRegisterParams,
    one(OperationView),
  ),
  'kernel.delete': call('Deletes a kernel that no image has.', KernelRef, one(KernelView)),
} as const;
